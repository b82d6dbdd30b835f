"""The Diagnosis tab: problems of the selected runs, and their evidence."""
