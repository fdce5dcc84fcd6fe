namespace TrafficCtl.Core.Targets;

/// <summary>Where a service runs in an environment, with the settings of that kind of place: a closed family.</summary>
/// <remarks>A new kind is a file here, a driver for it, and a module of the host that makes the driver.</remarks>
public abstract record Target
{
    private protected Target()
    {
    }

    /// <summary>The kind in words that follow "a service": <c>behind the embedded proxy</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>What takes the requests, for a person: <c>http://127.0.0.1:8080</c>, <c>istio/checkout#primary</c>.</summary>
    public abstract string Entrance { get; }

    /// <summary>Whoever declares the service names its versions and where they run; else the versions are what is found running.</summary>
    public abstract bool NamesVersions { get; }
}
