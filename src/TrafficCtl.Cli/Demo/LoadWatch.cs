namespace TrafficCtl.Cli.Demo;

/// <summary>The newest report of the load generator.</summary>
internal sealed class LoadWatch
{
    private readonly Child child;
    private readonly Task reading;
    private volatile LoadReport latest = LoadReport.Nothing;

    public LoadWatch(Child child)
    {
        this.child = child;
        reading = ReadAsync();
    }

    public LoadReport Latest => latest;

    /// <summary>Ends the load and returns its last word.</summary>
    public async Task<LoadReport> EndAsync(CancellationToken stop)
    {
        child.Close();
        await reading.WaitAsync(stop);
        return latest;
    }

    private async Task ReadAsync()
    {
        while (await child.Output.ReadLineAsync() is { } line)
            if (LoadReport.Parse(line) is { } report) latest = report;
    }
}
