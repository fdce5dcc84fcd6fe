using TrafficCtl.Core.Targets;

namespace TrafficCtl.Daemon.Api;

/// <summary>Whether traffic may be sent to this process: off until the listeners are bound, and off again when draining begins.</summary>
/// <param name="stillUnknown">
/// Why nobody can say yet which services there are, asked anew each time, where they are found from outside: then that alone decides.
/// </param>
public sealed class Readiness(Func<string?>? stillUnknown = null)
{
    private volatile string? because = "starting";
    private volatile string? trouble;

    /// <summary>Why not; null when ready.</summary>
    public string? NotReadyBecause => stillUnknown is null ? because ?? trouble : stillUnknown();

    /// <summary>Why nobody can say yet which services there are; null when they are known.</summary>
    public string? StillUnknown => stillUnknown?.Invoke();

    public void TurnOn() => because = null;

    public void TurnOff(string because) => this.because = because;

    /// <summary>Keeps readiness off while there is trouble, whatever else is said; null ends it.</summary>
    public void Hold(string? trouble) => this.trouble = trouble;

    /// <summary>What <see cref="Hold"/> was last told.</summary>
    public string? Trouble => trouble;
}

/// <summary>The address that a service's listener is bound to; null when it is not bound.</summary>
public delegate Uri? TargetAddresses(TargetKey key);
