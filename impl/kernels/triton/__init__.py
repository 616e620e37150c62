"""The same as Triton kernels, module by module. Importing one of them imports Triton."""
