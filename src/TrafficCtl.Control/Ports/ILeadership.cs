namespace TrafficCtl.Control.Ports;

/// <summary>At most one process decides and writes.</summary>
public interface ILeadership
{
    /// <summary>
    /// The leadership surely lasts that long, by this machine's monotonic clock: asked before each write, for as long as the call may take.
    /// </summary>
    bool Holds(TimeSpan callTimeout);

    /// <summary>Leads whenever this process may, until stopped.</summary>
    /// <param name="lead">
    /// The work of a leader. Its token ends with the leadership, and it must end soon after. When it ends or fails by itself, it is begun
    /// anew, here or in another process.
    /// </param>
    /// <param name="stop">Ends it.</param>
    Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken stop);
}
