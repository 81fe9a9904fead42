// What Swift cannot reach: processor features, and loops in vector instructions.
#ifndef ROENTGEN_CKERNELS_H
#define ROENTGEN_CKERNELS_H

// The number of cores that this process may run on, 1 or more.
int kernels_available_threads(void);

#endif
