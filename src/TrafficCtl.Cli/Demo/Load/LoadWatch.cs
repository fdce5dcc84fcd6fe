namespace TrafficCtl.Cli.Demo.Load;

/// <summary>A load in phases, and its newest report.</summary>
internal interface ILoad
{
    /// <summary>
    /// The report of the phase that runs; up to half a second old, and right after an order still that of the phase before.
    /// </summary>
    LoadReport Latest { get; }

    /// <summary>From now on requests go to <paramref name="target"/>, counted anew.</summary>
    /// <param name="rate">Requests per second.</param>
    Task BeginAsync(Uri target, double rate, CancellationToken stop);

    /// <summary>Sends nothing more; what is open is still answered.</summary>
    Task PauseAsync(CancellationToken stop);
}

/// <summary>The load of the generator's process.</summary>
internal sealed class LoadWatch : ILoad
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

    public Task BeginAsync(Uri target, double rate, CancellationToken stop) => child.OrderAsync(LoadProcess.BeginOrder(target, rate), stop);

    public Task PauseAsync(CancellationToken stop) => child.OrderAsync(LoadProcess.EndOrder, stop);

    /// <summary>Ends the load and returns the last report.</summary>
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
