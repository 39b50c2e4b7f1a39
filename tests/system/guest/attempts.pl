# What the unit must forbid, tried for real: prints a line for each attempt, NAME and the kernel's word for it.
# The numbers are those of x86-64. No attempt does any harm where it is allowed: its arguments are useless.
use strict;

my $room = "\0" x 8;
my $here = pack("pQ", $room, 8);
my %calls = (
	"bpf" => [321, 99, 0, 0],
	"change the root" => [161, "/"],
	"change the owner of a mount" => [442, -1, "", 0, 0, 0],
	"clock" => [164, 0, 0],
	"create a namespace" => [272, 0x10000000],
	"enter a namespace" => [308, -1, 0],
	"executable memory" => [9, 0, 4096, 7, 0x22, -1, 0],
	"kernel module" => [175, 0, 0, ""],
	"kexec" => [246, 0, 0, 0, 0],
	"mount" => [165, "none", "/tmp", "tmpfs", 0, 0],
	"netlink socket" => [41, 16, 3, 0],
	"packet socket" => [41, 17, 3, 0],
	"performance counters" => [298, 0, 0, -1, -1, 0],
	"personality" => [135, 0x0040000],
	"ports of the processor" => [172, 0],
	"process memory of others" => [310, 1, $here, 1, pack("QQ", 4096, 8), 1, 0],
	"raw socket" => [41, 2, 3, 1],
	"real-time scheduling" => [144, 0, 1, pack("i", 1)],
	"reboot" => [169, 0, 0, 0, 0],
	"set-user-ID file" => [90, "$ENV{STATE_DIRECTORY}/attempt", 04755],
	"swap" => [167, "", 0],
	"trace" => [101, 0, 0, 0, 0],
	"unmount" => [166, "", 0],
	"user" => [105, 0],
);
my %files = (
	"disk" => "</dev/vda",
	"kernel's log" => "</dev/kmsg",
	"memory" => "</dev/mem",
	"network settings" => ">>/proc/sys/net/ipv4/ip_forward",
	"passwords" => "</etc/shadow",
	"programs" => ">>/usr/sbin/hanmqttd",
	"root's files" => "</root/.profile",
	"settings" => ">>/etc/hanmqttd/hanmqttd.conf",
	"state of others" => ">>/var/lib/dpkg/status",
	"system settings of the kernel" => ">>/sys/kernel/mm/transparent_hugepage/enabled",
);

open(my $own, ">", "$ENV{STATE_DIRECTORY}/attempt") or die "its own directory: $!";
for my $name (sort keys %calls) {
	my ($number, @arguments) = @{$calls{$name}};

	# What one changes for itself is not to stand in the next one's way.
	my $pid = open(my $child, "-|") // die "fork: $!";
	if ($pid == 0) {
		print syscall($number, @arguments) == -1 ? "$!" : "allowed";
		exit 0;
	}
	print "call: $name: ", <$child>, "\n";
}
for my $name (sort keys %files) {
	print "file: $name: ", open(my $file, $files{$name}) ? "allowed" : $!, "\n";
}
