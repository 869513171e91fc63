"""Administrative divisions (GB/T 2260) by their codes and names, as an administrator loads them."""
