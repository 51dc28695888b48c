/// An option that the kernel must have built in.
package struct KernelOption: Sendable, Equatable {
  /// "CONFIG_EXT4_FS"
  package var name: String
  /// What of the image needs it.
  package var reason: String

  /// What no image can do without, on either architecture: `kernel/required-options.txt`.
  package static let required: [KernelOption] = [
    KernelOption(name: "CONFIG_BLK_DEV_INITRD", reason: "capsem-init lives in the initrd"),
    KernelOption(name: "CONFIG_RD_GZIP", reason: "the initrd is compressed with gzip"),
    KernelOption(name: "CONFIG_BINFMT_ELF", reason: "every program"),
    KernelOption(name: "CONFIG_BINFMT_SCRIPT", reason: "capsem-init is a script, as are many commands"),
    KernelOption(name: "CONFIG_DEVTMPFS", reason: "the only source of device nodes: there is no udev"),
    KernelOption(name: "CONFIG_PROC_FS", reason: "capsem-init reads the command line and the clock there"),
    KernelOption(
      name: "CONFIG_SYSFS", reason: "how capsem-init and the agents find disks, consoles and ports"),
    KernelOption(name: "CONFIG_PROC_SYSCTL", reason: "sysctl settings of packages"),
    KernelOption(name: "CONFIG_TMPFS", reason: "/run, /dev/shm, and the overlay's writable layer"),
    KernelOption(name: "CONFIG_SHMEM", reason: "without it tmpfs silently becomes ramfs, which has no limit"),
    KernelOption(name: "CONFIG_UNIX98_PTYS", reason: "every terminal session"),
    KernelOption(name: "CONFIG_MULTIUSER", reason: "apt drops its rights while it downloads"),
    KernelOption(name: "CONFIG_FILE_LOCKING", reason: "dpkg and apt lock their databases"),
    KernelOption(name: "CONFIG_FUTEX", reason: "threads"),
    KernelOption(name: "CONFIG_EPOLL", reason: "event loops: Node.js, Python's asyncio"),
    KernelOption(name: "CONFIG_EVENTFD", reason: "the same"),
    KernelOption(name: "CONFIG_SIGNALFD", reason: "agents that wait for their children"),
    KernelOption(name: "CONFIG_TIMERFD", reason: "timers of event loops"),
    KernelOption(name: "CONFIG_INOTIFY_USER", reason: "programs that watch files"),
    KernelOption(name: "CONFIG_POSIX_TIMERS", reason: "timers of C libraries and language runtimes"),
    KernelOption(name: "CONFIG_PCI", reason: "the bus of QEMU's q35 and virt machines"),
    KernelOption(name: "CONFIG_VIRTIO_PCI", reason: "devices on that bus"),
    KernelOption(name: "CONFIG_VIRTIO_MMIO", reason: "devices of small monitors, which have no PCI"),
    KernelOption(name: "CONFIG_VIRTIO_BLK", reason: "the image, /dev/vda"),
    KernelOption(name: "CONFIG_VIRTIO_CONSOLE", reason: "the hvc0 console, and the command channel of `run`"),
    KernelOption(
      name: "CONFIG_HW_RANDOM_VIRTIO", reason: "randomness at the first moment, where the processor has none"),
    KernelOption(
      name: "CONFIG_SERIAL_CORE_CONSOLE", reason: "the serial console: 8250 on x86_64, PL011 on arm64"),
    KernelOption(name: "CONFIG_EXT4_FS", reason: "the image's format, and that of the second disk"),
    KernelOption(name: "CONFIG_OVERLAY_FS", reason: "the writable layer over the image"),
    KernelOption(name: "CONFIG_FUSE_FS", reason: "virtio-fs is built on it"),
    KernelOption(name: "CONFIG_VIRTIO_FS", reason: "the host's shared workspace"),
    KernelOption(name: "CONFIG_NET", reason: "sockets of every kind"),
    KernelOption(name: "CONFIG_UNIX", reason: "local sockets"),
    KernelOption(name: "CONFIG_INET", reason: "the loopback interface, where the proxies listen"),
    KernelOption(name: "CONFIG_VSOCKETS", reason: "the agents' way to the host"),
    KernelOption(name: "CONFIG_VIRTIO_VSOCKETS", reason: "the device under it"),
    KernelOption(name: "CONFIG_DUMMY", reason: "the interface that gives programs a default route"),
    KernelOption(name: "CONFIG_NF_TABLES", reason: "iptables-nft"),
    KernelOption(name: "CONFIG_NF_TABLES_IPV4", reason: "its IPv4 tables"),
    KernelOption(name: "CONFIG_NF_NAT", reason: "redirection is address translation"),
    KernelOption(name: "CONFIG_NFT_COMPAT", reason: "iptables-nft's way to the next option"),
    KernelOption(
      name: "CONFIG_NETFILTER_XT_TARGET_REDIRECT", reason: "sends ports 53, 80, 443 and 11434 to the proxies"),
    KernelOption(name: "CONFIG_AUDIT", reason: "the record of program starts"),
    KernelOption(name: "CONFIG_AUDITSYSCALL", reason: "the rule that makes it"),
    KernelOption(name: "CONFIG_SECCOMP", reason: "programs that confine themselves"),
    KernelOption(name: "CONFIG_SECCOMP_FILTER", reason: "the same, with a filter of their own"),
    KernelOption(name: "CONFIG_STRICT_KERNEL_RWX", reason: "kernel code cannot be written"),
    KernelOption(name: "CONFIG_VMAP_STACK", reason: "a stack overflow is caught"),
    KernelOption(name: "CONFIG_RANDOMIZE_BASE", reason: "the kernel's address is not known"),
    KernelOption(name: "CONFIG_STACKPROTECTOR_STRONG", reason: "overwritten return addresses are caught"),
    KernelOption(name: "CONFIG_FORTIFY_SOURCE", reason: "overlong copies are caught"),
    KernelOption(name: "CONFIG_HARDENED_USERCOPY", reason: "so are copies from and to programs"),
    KernelOption(name: "CONFIG_INIT_ON_ALLOC_DEFAULT_ON", reason: "no program sees another's old memory"),
    KernelOption(name: "CONFIG_SLAB_FREELIST_RANDOM", reason: "the kernel's heap is laid out at random"),
    KernelOption(name: "CONFIG_SLAB_FREELIST_HARDENED", reason: "its metadata cannot be forged"),
    KernelOption(
      name: "CONFIG_SHUFFLE_PAGE_ALLOCATOR", reason: "nor its pages predicted; page_alloc.shuffle=1 needs it"),
  ]
}
