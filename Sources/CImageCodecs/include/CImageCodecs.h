int roentgen_codecs_placeholder(void);
