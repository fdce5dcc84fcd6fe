using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace TrafficCtl.Benchmarks.Windows;

/// <param name="Resident">Bytes at most.</param>
internal readonly record struct Measured(double Seconds, long Resident);

/// <summary>Another program that reads a file; its answers are thrown away.</summary>
internal static class Reader
{
    /// <summary>Null when the program is not there.</summary>
    public static async Task<Measured?> RunAsync(string program, string[] arguments)
    {
        var clock = Stopwatch.StartNew();
        using var process = Start(program, arguments);
        if (process is null) return null;
        var answers = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        long resident = 0;
        var ended = process.WaitForExitAsync();
        while (!ended.IsCompleted)
        {
            resident = Math.Max(resident, PeakOf(process.Id));
            await Task.WhenAny(ended, Task.Delay(20));
        }

        await answers;
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
        return new Measured(clock.Elapsed.TotalSeconds, resident);
    }

    private static Process? Start(string program, string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false });
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static long PeakOf(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null
                ? 0
                : 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
