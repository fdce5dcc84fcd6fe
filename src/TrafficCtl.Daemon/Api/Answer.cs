namespace TrafficCtl.Daemon.Api;

/// <summary>What a call comes to: exactly one of the two is there.</summary>
internal readonly record struct Answer<T>(T? Message, Refusal? Refusal)
    where T : class
{
    public static implicit operator Answer<T>(T message) => new(message, null);

    public static implicit operator Answer<T>(Refusal refusal) => new(null, refusal);
}
