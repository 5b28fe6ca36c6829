"""Files that outlive a page: recordings and spoken words, the same bytes once per organization, and their public links."""
