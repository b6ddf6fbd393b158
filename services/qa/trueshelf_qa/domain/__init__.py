"""What qa knows: results and limits (pure Python), products and comparisons (numpy and OpenCV, children only)."""
