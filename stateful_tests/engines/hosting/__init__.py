"""What all hosted engines share: releases installed apart, each in a process of its own."""
