namespace TrafficCtl.Core.Gates;

/// <summary>What a gate says now. Only <see cref="Open"/> lets a step begin; unknown is neither open nor closed, and holds too.</summary>
public abstract record GateAnswer
{
    private GateAnswer(string why) => Why = why;

    /// <summary>The reason, with the numbers and names that decided it.</summary>
    public string Why { get; }

    /// <summary><c>open</c>, <c>closed</c> or <c>unknown</c>.</summary>
    public abstract string Word { get; }

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
}

/// <summary>A gate and its answer in one round.</summary>
public sealed record GateView(Gate Gate, GateAnswer Answer)
{
    public bool IsOpen => Answer is GateAnswer.Open;
}
