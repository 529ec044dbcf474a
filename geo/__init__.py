"""Pure spatial analysis: arrays and frames in, arrays and frames out."""
