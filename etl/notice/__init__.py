"""What an office circulates and files: the bulletin as a workbook, the dossier as a PDF."""
