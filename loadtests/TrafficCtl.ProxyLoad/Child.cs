using System.Diagnostics;
using System.Globalization;

namespace TrafficCtl.ProxyLoad;

/// <summary>A process that this measurement started, with its children; ended by its id.</summary>
internal sealed class Child : IDisposable
{
    /// <summary>The unit of /proc/PID/stat: the kernel reports times in hundredths of a second on every Linux.</summary>
    private const double TicksPerSecond = 100;

    private readonly Process process;
    private readonly Queue<string> lastLines = new();
    private readonly List<(string Words, TaskCompletionSource Said)> awaited = [];

    private Child(string name, Process process)
    {
        (Name, this.process) = (name, process);
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Name { get; }

    public bool HasExited => process.HasExited;

    /// <summary>The end of what it printed, to say why it failed.</summary>
    public string LastLines
    {
        get
        {
            lock (lastLines) return string.Join('\n', lastLines);
        }
    }

    public static Child Start(LoadOptions options, string name, string file, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = options.Work,
        };
        var started = Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start");
        // The script that called us ends what is listed here should this process not come to it.
        File.AppendAllText(Path.Combine(options.Work, "pids"), string.Create(CultureInfo.InvariantCulture, $"{started.Id}\n"));
        return new Child(name, started);
    }

    /// <summary>User and system time of it and its children so far.</summary>
    public double CpuSeconds() =>
        Family().Sum(id => Stat(id) is { } fields ? (Number(fields, 13) + Number(fields, 14)) / TicksPerSecond : 0);

    /// <summary>Resident memory of it and its children.</summary>
    public long ResidentBytes() => Family().Sum(id =>
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/status").FirstOrDefault(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
            return line is null
                ? 0
                : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0; // it ended between the listing and the reading
        }
    });

    /// <summary>Completes when it prints a line with these words, from now on; fails when it ends before.</summary>
    public async Task SaidAsync(string words, CancellationToken stop)
    {
        var said = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (lastLines) awaited.Add((words, said));
        var ended = process.WaitForExitAsync(stop);
        if (await Task.WhenAny(said.Task, ended) == ended)
        {
            await ended;
            throw new InvalidOperationException($"{Name} ended early: {LastLines}");
        }
    }

    /// <param name="name">The name of a signal, such as HUP.</param>
    /// <param name="stop">Ends the waiting for it to be sent.</param>
    public async Task SignalAsync(string name, CancellationToken stop)
    {
        using var kill = Process.Start("kill", ["-" + name, process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(stop);
    }

    public async Task EndAsync()
    {
        if (process.HasExited) return;
        await SignalAsync("TERM", CancellationToken.None);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    private List<int> Family()
    {
        var family = new List<int> { process.Id };
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && Stat(id) is { } fields && (int)Number(fields, 3) == process.Id)
                family.Add(id);
        }

        return family;
    }

    /// <summary>The fields of stat, counted from 0; the name may hold spaces and is cut out.</summary>
    private static string[]? Stat(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            return ["", "", .. text[(text.LastIndexOf(')') + 2)..].Split(' ')];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static double Number(string[] fields, int index) => double.Parse(fields[index], CultureInfo.InvariantCulture);

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (lastLines)
        {
            lastLines.Enqueue(line);
            if (lastLines.Count > 20) lastLines.Dequeue();
            foreach (var (words, said) in awaited)
                if (line.Contains(words, StringComparison.Ordinal)) said.TrySetResult();
            awaited.RemoveAll(static a => a.Said.Task.IsCompleted);
        }
    }
}
