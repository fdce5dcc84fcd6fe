namespace TrafficCtl.Simulator.Rules.Kayenta;

/// <summary>Which way a metric must not go.</summary>
internal enum KayentaDirection
{
    Increase,
    Decrease,
    Either,
}

/// <summary>How large a difference is said to be: mean by mean, or the chance that the experiment's value is the greater.</summary>
internal enum KayentaEffect
{
    MeanRatio,
    CommonLanguage,
}

/// <summary>One metric of a canary configuration, with Kayenta's defaults.</summary>
internal sealed record KayentaMetric(string Name, string Group, KayentaDirection Direction = KayentaDirection.Increase)
{
    /// <summary>nanStrategy replace: not measured counts as 0. Else it is left out.</summary>
    public bool ReplacesNaN { get; init; }

    /// <summary>outliers.strategy remove.</summary>
    public bool RemovesOutliers { get; init; }

    public double OutlierFactor { get; init; } = 3;

    public KayentaEffect Effect { get; init; }

    /// <summary>Effects short of these are no difference; null: the effect of none, 1 or 0.5.</summary>
    public double? AllowedIncrease { get; init; }

    public double? AllowedDecrease { get; init; }

    /// <summary>A difference fails the run at once.</summary>
    public bool IsCritical { get; init; }

    public double? CriticalIncrease { get; init; }

    public double? CriticalDecrease { get; init; }

    public bool MustHaveData { get; init; }

    public bool IsMuted { get; init; }

    public double NoEffect => Effect == KayentaEffect.MeanRatio ? 1 : 0.5;
}
