/* hantool replay: a file on a pty, with its own timing. */
#ifndef REPLAY_H
#define REPLAY_H

/* The command with its options; the program's exit status. */
int replay_main(int argc, char **argv);

#endif
