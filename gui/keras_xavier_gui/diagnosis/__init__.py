"""The tab Diagnosis: problems of the selected runs, and their evidence."""
