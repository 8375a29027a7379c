// The C library of PostgreSQL, and what the Glibc module does not export: eventfd, and a thread's name.
#include <libpq-fe.h>
#include <pthread.h>
#include <sys/eventfd.h>

// Declared by <pthread.h> only with _GNU_SOURCE, which a module cannot ask for.
extern int pthread_setname_np(pthread_t thread, const char *name);
