#if defined(__linux__)
#define _GNU_SOURCE  // sched_getaffinity, madvise
#include <sched.h>
#include <sys/mman.h>
#endif
#include <unistd.h>

#include "CKernels.h"

int kernels_available_threads(void) {
#if defined(__linux__)
  // Not the number of cores online: a container or `taskset` may allow fewer.
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) > 0)
    return CPU_COUNT(&allowed);
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

void kernels_advise_huge_pages(void *start, long bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  // Only advice: where the system has no huge pages nothing changes.
  (void)madvise(start, (size_t)bytes, MADV_HUGEPAGE);
#else
  (void)start;
  (void)bytes;
#endif
}
