#include "serial-line.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <strings.h>
#include <termios.h>

static const struct {
	unsigned baud;
	speed_t speed;
} speeds[] = {
	{ 300, B300 },     { 600, B600 },       { 1200, B1200 },   { 2400, B2400 },
	{ 4800, B4800 },   { 9600, B9600 },     { 19200, B19200 }, { 38400, B38400 },
	{ 57600, B57600 }, { 115200, B115200 },
};

static speed_t speed_of(unsigned baud)
{
	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		if (speeds[i].baud == baud)
			return speeds[i].speed;
	}
	return B0;
}

bool serial_baud_known(unsigned baud)
{
	return speed_of(baud) != B0;
}

const char *serial_format_name(enum serial_format format)
{
	switch (format) {
	case SERIAL_8N1:
		return "8N1";
	case SERIAL_8E1:
		return "8E1";
	case SERIAL_7E1:
		return "7E1";
	}
	return "";
}

bool serial_format_find(const char *name, enum serial_format *format)
{
	static const enum serial_format formats[] = { SERIAL_8N1, SERIAL_8E1, SERIAL_7E1 };

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcasecmp(name, serial_format_name(formats[i])) == 0) {
			*format = formats[i];
			return true;
		}
	}
	return false;
}

uint64_t serial_octet_ns(unsigned baud, enum serial_format format)
{
	uint64_t bits = format == SERIAL_8E1 ? 11 : 10;

	return bits * 1000000000 / baud;
}

/* Octets with a wrong parity bit pass unmarked, the frame check finds them; marking or dropping them would
 * shift what follows. cfmakeraw() leaves what others may have set: IGNPAR drops them, IXOFF answers a full buffer on
 * the meter's line. EINVAL: the C library's word for a port without parity, a pseudo terminal, but only
 * where nothing else was to be changed. */
int serial_set_up(int fd, unsigned baud, enum serial_format format)
{
	speed_t speed = speed_of(baud);
	struct termios tio;

	assert(speed != B0);
	if (tcgetattr(fd, &tio) < 0)
		return -errno;
	cfmakeraw(&tio);
	tio.c_iflag = 0;
	tio.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD | CSTOPB | CRTSCTS);
	tio.c_cflag |= CREAD | CLOCAL | (format == SERIAL_7E1 ? CS7 : CS8);
	if (format != SERIAL_8N1)
		tio.c_cflag |= PARENB;
	tio.c_cc[VMIN] = 1;
	tio.c_cc[VTIME] = 0;
	if (cfsetspeed(&tio, speed) < 0 || (tcsetattr(fd, TCSANOW, &tio) < 0 && errno != EINVAL))
		return -errno;
	return 0;
}
