"""Charts of a topic's figures: which figures are drawn how, as drawings that a template turns into SVG."""
