"""The tab Diagnosis: what is wrong with the chosen runs, and where it is to be seen."""
