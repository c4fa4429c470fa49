"""Published ways of asking whether spending pays, one family a module, each a pure function with its formula and source."""
