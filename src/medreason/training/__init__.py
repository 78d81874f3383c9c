"""Training on the data: rewards that can be verified, and what fine-tuning needs."""
