#include "serial-told.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "journal.h"
#include "log.h"

static const char *advice(int err)
{
	switch (err) {
	case -EACCES:
		return " (is the user in the group that owns the device, usually dialout?)";
	case -EPERM:
		return " (the service's DeviceAllow= does not list the device)";
	case -EBUSY:
		return " (another program holds the port, or another meter's section names it "
		       "otherwise)";
	case -ENOENT:
		return " (is the UART switched on, the adapter plugged in?)";
	case -ENOTTY:
		return " (this is no serial port)";
	case -ENXIO:
		return " (is the host's name right?)";
	case -ENONET:
		return " (no name server answers)";
	case -EMFILE:
		return " (the service's LimitNOFILE= is too low for so many ports)";
	case -ECONNREFUSED:
		return " (is the serial server running, the port number right?)";
	default:
		return "";
	}
}

char *serial_describe_line(const struct serial_settings *settings, char buf[SERIAL_LINE])
{
	buf[0] = '\0';
	if (serial_is_local(settings->device))
		snprintf(buf, SERIAL_LINE, "%u %s", settings->baud,
		         serial_format_name(settings->format));
	return buf;
}

void serial_tell_open(const struct serial *s)
{
	bool news = !s->settings.quiet && !s->in_vain;
	char line[SERIAL_LINE];
	struct journal j = { 0 };

	journal_text(&j, "MESSAGE_ID", JOURNAL_PORT_OPEN);
	journal_text(&j, "PORT", s->path);
	serial_describe_line(&s->settings, line);
	log_write(news ? LOG_INFO : LOG_DEBUG, j.fields, "serial: %s: open%s%s", s->path,
	          line[0] ? " at " : "", line);
}

void serial_tell_lost(const struct serial *s, int err, bool is_gone, bool news)
{
	struct journal j = { 0 };

	journal_text(&j, "MESSAGE_ID", JOURNAL_PORT_LOST);
	journal_text(&j, "PORT", s->path);
	journal_errno(&j, err);
	if (news)
		log_write(LOG_WARNING, j.fields, "serial: %s: %s%s; trying again", s->path,
		          is_gone ? "port lost" : strerror(-err), is_gone ? "" : advice(err));
	else
		log_debug("serial: %s: %s, trying again in %g s", s->path, strerror(-err),
		          (double)s->delay_ms / 1000);
}

void serial_tell_renewal(const struct serial *s)
{
	struct journal j = { 0 };

	journal_text(&j, "PORT", s->path);
	log_write(s->renewals == 0 ? LOG_INFO : LOG_DEBUG, j.fields,
	          "serial: %s: nothing has come for %.0f s: connecting anew", s->path,
	          (double)(loop_now_ms() - s->octets_ms) / 1000);
}
