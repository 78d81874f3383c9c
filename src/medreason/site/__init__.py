"""A run as a folder of pages that opens from disk: search, every record, statistics. No server, no network.

``words`` makes the search index, ``lines`` the list, ``details`` what a record's page shows, ``numbers`` the
statistics, ``folder`` writes it all. What it is not: an editor; the pages only read.
"""
