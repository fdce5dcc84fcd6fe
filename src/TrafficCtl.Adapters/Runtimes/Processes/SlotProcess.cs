using System.Globalization;
using System.Runtime.InteropServices;

namespace TrafficCtl.Adapters.Runtimes.Processes;

/// <summary>The process of a slot, and everything that it forked. Not for two threads at once.</summary>
/// <remarks>
/// To the slot belongs what is in the session of its process, what holds the slot's lock, and what has the slot's name in its
/// environment: a program may leave its session, close its handles or overwrite its environment, and is found by another of the three.
/// </remarks>
internal sealed class SlotProcess(SlotFiles files, string owner, string boot, TimeProvider clock)
{
    /// <summary>In the environment of every process: whose it is, of which slot, and of which start.</summary>
    public const string Variable = "TRAFFICCTL_RUNTIME";

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(25);

    /// <summary>How long SIGKILL may take: a process that waits for a disk that hangs does not end before that.</summary>
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(5);

    /// <summary>Between the start of a process and its first look at its own environment: it is far from as slow.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(5);

    private bool isChild;

    /// <summary>The process itself; null where none runs.</summary>
    public ProcessEntry? Main { get; private set; }

    public string Boot => boot;

    private string Prefix => $"{owner}:{files.Name}:";

    /// <summary>The value of <see cref="Variable"/> of one start.</summary>
    public string Mark(long start) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{start}");

    /// <summary>Finds what an earlier daemon started, also where it died before it could write down the process id.</summary>
    /// <remarks>A process id of another boot, or that another process has by now, finds nothing.</remarks>
    public async Task AdoptAsync(SlotRecord record, CancellationToken stop)
    {
        Main = null;
        if (record.Boot != boot) return;
        if (record.Process > 0)
        {
            if (ProcessTable.Find(record.Process) is { IsOver: false } found && found.Started == record.Started
                && found.Session == found.Id) Main = found;
            return;
        }

        // A process that is just being started has no environment of its own yet, but holds the lock already.
        for (var since = clock.GetTimestamp(); Main is null; await Task.Delay(Glance, clock, stop))
        {
            var mark = Mark(record.Start);
            foreach (var member in Members())
                if (member.Session == member.Id && ProcessTable.FindVariable(member.Id, Variable) == mark) Main = member;
            if (Main is not null || IsLockFree() || clock.GetElapsedTime(since) > StartPatience) return;
        }
    }

    /// <returns>What went wrong, in a sentence; null when it runs.</returns>
    /// <exception cref="IOException">The log or the lock cannot be opened.</exception>
    public string? Start(Launch launch, LogFile log)
    {
        var lockHandle = Libc.Open(files.Lock, Libc.ReadWrite | Libc.Create | Libc.CloseOnExec, 0x180);
        if (lockHandle < 0) throw new IOException($"the lock {files.Lock} cannot be opened: {LastError()}");
        try
        {
            if (Libc.Lock(lockHandle, Libc.LockExclusive | Libc.LockWithoutWaiting) != 0)
                return $"a process of an earlier start still holds {files.Lock}; find it with fuser -v, and end it";
            var logHandle = log.Open();
            try
            {
                var (process, error) = Spawning.Start(new SpawnRequest(
                    launch.Program, launch.Arguments, launch.Variables, launch.WorkingDirectory, logHandle, lockHandle));
                if (error != 0) return launch.Explain(error);
                // It is our child: its number stays its own until it is waited for.
                Main = ProcessTable.Find(process) ?? new ProcessEntry(process, 0, process, 0, false);
                isChild = true;
                return null;
            }
            finally
            {
                _ = Libc.Close(logHandle);
            }
        }
        finally
        {
            // The process has the same open file: the lock is held until it and its children end.
            _ = Libc.Close(lockHandle);
        }
    }

    /// <summary>How it ended, to follow its name; null while it runs, and where nothing ran.</summary>
    public string? FindEnd()
    {
        if (Main is not { } main) return null;
        if (isChild)
        {
            var got = Libc.Wait(main.Id, out var status, Libc.WaitWithoutHanging);
            if (got == 0) return null;
            Forget(main);
            return got == main.Id ? Words(status) : "ended";
        }

        if (ProcessTable.Find(main.Id) is { IsOver: false } found && found.Started == main.Started) return null;
        Forget(main);
        return "ended (how is unknown: an earlier daemon had started it)";
    }

    /// <summary>Ends everything of the slot: SIGTERM, after a time SIGKILL.</summary>
    /// <returns>Nothing runs any more.</returns>
    public async Task<bool> EndAllAsync(TimeSpan patience, CancellationToken stop)
    {
        var asked = new HashSet<(int, long)>();
        for (var since = clock.GetTimestamp(); ; await Task.Delay(Glance, clock, stop))
        {
            _ = FindEnd();
            var members = Members();
            // One that ended since it was asked for is no member any more, and its end is seen in the next turn.
            if (members.Count == 0 && Main is null) return true;
            var elapsed = clock.GetElapsedTime(since);
            if (elapsed > patience + KillPatience) return false;
            foreach (var member in members)
            {
                if (elapsed >= patience) ProcessTable.Signal(member, Libc.SigKill);
                else if (asked.Add((member.Id, member.Started))) ProcessTable.Signal(member, Libc.SigTerm);
            }
        }
    }

    /// <summary>One of the slot's processes listens on the port; null where that cannot be seen.</summary>
    public bool? Listens(int port)
    {
        var listeners = SocketTable.Listeners(port);
        if (listeners.Count == 0) return false;
        var isSeen = true;
        foreach (var member in Members())
        {
            if (ProcessTable.FindHandles(member.Id) is not { } handles) isSeen = false;
            else if (listeners.Any(handles.Contains)) return true;
        }

        return isSeen ? false : null;
    }

    private List<ProcessEntry> Members()
    {
        // A session's number is its own only while the process that it is named by has not ended, or is not waited for.
        var session = Main is { } main && ProcessTable.Find(main.Id)?.Started == main.Started ? main.Id : 0;
        return [.. ProcessTable.All().Where(p => p.Id != Environment.ProcessId && IsMember(p, session))];
    }

    private bool IsMember(ProcessEntry process, int session) =>
        (session != 0 && process.Session == session)
        || ProcessTable.FindHandle(process.Id, Spawning.LockHandle) == files.Lock
        || ProcessTable.FindVariable(process.Id, Variable)?.StartsWith(Prefix, StringComparison.Ordinal) == true;

    private void Forget(ProcessEntry main)
    {
        // As the first process of a container this one inherits what they forked, and has to ask for its end.
        if (Environment.ProcessId == 1)
            while (Libc.Wait(-main.Id, out _, Libc.WaitWithoutHanging) > 0) { }
        (Main, isChild) = (null, false);
    }

    private bool IsLockFree()
    {
        var handle = Libc.Open(files.Lock, Libc.ReadWrite | Libc.CloseOnExec, 0);
        if (handle < 0) return true;
        var isFree = Libc.Lock(handle, Libc.LockExclusive | Libc.LockWithoutWaiting) == 0;
        _ = Libc.Close(handle);
        return isFree;
    }

    private static string Words(int status)
    {
        var signal = status & 0x7f;
        if (signal == 0) return string.Create(CultureInfo.InvariantCulture, $"ended with exit code {(status >> 8) & 0xff}");
        var name = signal switch
        {
            4 => " (SIGILL)",
            6 => " (SIGABRT)",
            9 => " (SIGKILL)",
            11 => " (SIGSEGV)",
            15 => " (SIGTERM)",
            _ => "",
        };
        return string.Create(CultureInfo.InvariantCulture, $"was ended by signal {signal}{name}");
    }

    private static string LastError() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
}
