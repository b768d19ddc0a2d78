"""What ours is compared with: an ordinary Django REST framework viewset, and a hand-written floor."""
