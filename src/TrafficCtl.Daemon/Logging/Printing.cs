namespace TrafficCtl.Daemon.Logging;

/// <summary>Prints beside the work: whoever has the other end of standard output and does not read it holds up nothing.</summary>
internal sealed class Printing(TextWriter output)
{
    /// <summary>A line takes microseconds where somebody reads.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private bool isStuck;

    public async Task LineAsync(string line)
    {
        if (isStuck) return;
        var printing = Task.Run(() =>
        {
            output.WriteLine(line);
            output.Flush();
        });
        // In real time, as whoever reads.
        isStuck = await Task.WhenAny(printing, Task.Delay(Patience, TimeProvider.System)) != printing;
        if (!isStuck) await printing;
    }
}
