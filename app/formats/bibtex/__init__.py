"""BibTeX and BibLaTeX: parsing files, reading and writing names and LaTeX text."""
