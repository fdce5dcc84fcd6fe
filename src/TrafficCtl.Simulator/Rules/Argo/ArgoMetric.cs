namespace TrafficCtl.Simulator.Rules.Argo;

/// <summary>The phase of a measurement, a metric or a run of analysis; the later, the worse.</summary>
internal enum ArgoPhase
{
    Running,
    Successful,
    Inconclusive,
    Error,
    Failed,
}

/// <summary>A metric of an analysis template.</summary>
/// <param name="Success">successCondition of <c>result[0]</c>; null: none given.</param>
/// <param name="Failure">failureCondition of <c>result[0]</c>; null: none given.</param>
internal sealed record ArgoMetric(string Name, Func<double, bool>? Success = null, Func<double, bool>? Failure = null)
{
    /// <summary>From the end of one measurement to the next; null: one measurement only, unless a count says more.</summary>
    public double? IntervalSeconds { get; init; }

    public double InitialDelaySeconds { get; init; }

    /// <summary>Measurements that did not end in an error; null: until terminated.</summary>
    public int? Count { get; init; }

    public int FailureLimit { get; init; }

    public int InconclusiveLimit { get; init; }

    public int ConsecutiveErrorLimit { get; init; } = 4;

    /// <summary>What a measurement with this answer counts as.</summary>
    /// <param name="result">The query's vector: empty when no series exists, NaN when nothing was divided by nothing.</param>
    public ArgoPhase Measure(ReadOnlySpan<double> result)
    {
        if (Success is null && Failure is null) return ArgoPhase.Successful;

        // result[0] of nothing is an index out of range.
        if (result.IsEmpty) return ArgoPhase.Error;
        var fails = Failure?.Invoke(result[0]) ?? !Success!(result[0]);
        var succeeds = Success?.Invoke(result[0]) ?? !fails;
        return fails ? ArgoPhase.Failed : succeeds ? ArgoPhase.Successful : ArgoPhase.Inconclusive;
    }
}
