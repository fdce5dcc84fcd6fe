namespace TrafficCtl.Core.Gates;

/// <summary>What a gate says now. Only <see cref="Open"/> lets a step begin; unknown is neither open nor closed, and holds too.</summary>
public abstract record GateAnswer
{
    private GateAnswer(string why) => Why = why;

    /// <summary>The reason, with the numbers and names that decided it.</summary>
    public string Why { get; }

    /// <summary><c>open</c>, <c>closed</c>, <c>unknown</c>, <c>failed</c> or <c>errored</c>.</summary>
    public abstract string Word { get; }

    /// <summary>The answer of that word; null for another word.</summary>
    public static GateAnswer? Of(string word, string why) => word switch
    {
        "open" => new Open(why),
        "closed" => new Closed(why),
        "unknown" => new Unknown(why),
        "failed" => new Failed(why),
        "errored" => new Errored(why),
        _ => null,
    };

    public sealed record Open(string Why) : GateAnswer(Why)
    {
        public override string Word => "open";
    }

    public sealed record Closed(string Why) : GateAnswer(Why)
    {
        public override string Word => "closed";
    }

    /// <summary>Whoever knows does not answer.</summary>
    public sealed record Unknown(string Why) : GateAnswer(Why)
    {
        public override string Word => "unknown";
    }

    /// <summary>Closed for good: what the gate asks for was looked at and does not hold, such as a rejection or a failed test.</summary>
    public sealed record Failed(string Why) : GateAnswer(Why)
    {
        public override string Word => "failed";
    }

    /// <summary>It could not be asked, and asking goes on no more: nothing is known of the version. Never a failure of it.</summary>
    public sealed record Errored(string Why) : GateAnswer(Why)
    {
        public override string Word => "errored";
    }
}

/// <summary>A gate and its answer in one round.</summary>
public sealed record GateView(Gate Gate, GateAnswer Answer)
{
    public bool IsOpen => Answer is GateAnswer.Open;

    /// <summary>Since when it has not been open, by the time of day; null while it is open, and where that is not known.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Time left until its deadline, in the rollout's elapsed time, never negative; null while it is open or has none.</summary>
    public TimeSpan? Left { get; init; }

    /// <summary>It was passed at its deadline, as its terms say.</summary>
    public bool IsPassed { get; init; }
}
