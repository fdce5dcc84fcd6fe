namespace TrafficCtl.TestKit;

/// <summary>
/// The time of day of a child process, which can be set while it runs; its monotonic clock and its timers stay the machine's.
/// </summary>
/// <remarks>By libfaketime, which stands between the program and the C library's clocks.</remarks>
public sealed class FakeTime
{
    private readonly string file;

    /// <param name="folder">The folder of the test; a file is kept in it.</param>
    public FakeTime(string folder)
    {
        file = Path.Combine(folder, "time");
        Set("+0");
    }

    /// <summary>Where its library is; null when this machine has none.</summary>
    public static string? Library { get; } = OperatingSystem.IsLinux() && Directory.Exists("/usr/lib")
        ? Directory.EnumerateDirectories("/usr/lib", "*-linux-*").Append("/usr/lib64").Append("/usr/lib")
            .Select(d => Path.Combine(d, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists)
        : null;

    /// <summary>Why tests that need it are skipped; null when there is one.</summary>
    public static string? Missing => Library is null ? "no libfaketime here: install Debian's package faketime (.ci/run does)" : null;

    /// <summary>What the process is to be started with.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["LD_PRELOAD"] = Library ?? throw new InvalidOperationException(Missing),
        ["FAKETIME_TIMESTAMP_FILE"] = file,
        // In seconds: the file is read again so often.
        ["FAKETIME_CACHE_DURATION"] = "1",
        ["DONT_FAKE_MONOTONIC"] = "1",
        ["NO_FAKE_STAT"] = "1",
    };

    /// <param name="offset">From the machine's time of day, such as <c>+1d</c> or <c>-1h</c>.</param>
    public void Set(string offset)
    {
        File.WriteAllText(file + ".new", offset + "\n");
        File.Move(file + ".new", file, overwrite: true);
    }
}
