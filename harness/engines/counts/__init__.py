"""Laws on the token counts of exchangeable targets: ``push`` moves a law through the same steps."""
