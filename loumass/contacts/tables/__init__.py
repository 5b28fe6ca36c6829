"""Reading tables of people out of files: CSV, TSV and XLSX of any common encoding and shape."""
