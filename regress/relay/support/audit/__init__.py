"""Who writes, and the proof that nothing was lost, nothing came twice, and nothing grows."""
