namespace TrafficCtl.Control.Ports;

/// <summary>At most one process writes.</summary>
public interface ILeadership
{
    /// <summary>The leadership surely lasts that long, by this machine's monotonic clock: asked before each write, for as long as the call may take.</summary>
    bool Holds(TimeSpan callTimeout);
}
