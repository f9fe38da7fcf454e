"""Where expressions run, and where results are kept between rooms."""
