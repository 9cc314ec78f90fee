"""What notebooks and scripts use: books, results, previews and forms, with representations for people."""
