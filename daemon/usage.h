/* What hantool says of its own use. */
#ifndef USAGE_H
#define USAGE_H

enum { EXIT_USAGE = 2 };

/* Says what is wrong with the command line, and how to learn more, on standard error; ends with
 * EXIT_USAGE. The text never holds what may be a key. */
__attribute__((noreturn, format(printf, 1, 2))) void usage_refuse(const char *format, ...);

/* Prints the help of a command, NULL: of the whole program, on standard output. */
void usage_print(const char *command);

/* For what getopt returned and no command takes: --help ('h'), or a wrong option. Ends the program. A value
 * is never shown: it may be a key. (getopt's own words would: set opterr to 0.) */
__attribute__((noreturn)) void usage_end_options(int option, char **argv, const char *command);

/* Says on standard error what errno means for it; returns the negative errno. */
int usage_tell_errno(const char *what);

#endif
