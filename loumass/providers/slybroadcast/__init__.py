"""Slybroadcast: recordings dropped into voicemail boxes without ringing."""
