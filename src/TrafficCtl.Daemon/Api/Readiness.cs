namespace TrafficCtl.Daemon.Api;

/// <summary>Whether traffic may be sent to this process: off until the listeners are bound, and off again when draining begins.</summary>
public sealed class Readiness
{
    private volatile string? because = "starting";

    /// <summary>Why not; null when ready.</summary>
    public string? NotReadyBecause => because;

    public void TurnOn() => because = null;

    public void TurnOff(string because) => this.because = because;
}

/// <summary>The address that a service's listener is bound to; null when it is not bound.</summary>
public delegate Uri? ServiceAddresses(string service);
