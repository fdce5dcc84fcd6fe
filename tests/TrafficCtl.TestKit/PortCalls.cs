namespace TrafficCtl.TestKit;

/// <summary>What happens at one chosen call of any port.</summary>
public enum PortFault
{
    /// <summary>The call fails without having had an effect.</summary>
    FailsBefore,

    /// <summary>The call had its effect, and fails on the way back.</summary>
    FailsAfter,

    /// <summary>The process dies before the effect.</summary>
    DiesBefore,

    /// <summary>The process dies after the effect, before it learns of it.</summary>
    DiesAfter,
}

/// <summary>The process is dead: nothing that it still does may have an effect.</summary>
public sealed class ProcessDiedException() : Exception("the process died");

/// <summary>Counts the calls of all fake ports of a process, and breaks the one it is told to.</summary>
public sealed class PortCalls
{
    private static readonly AsyncLocal<CallLog?> log = new();

    public int Count { get; private set; }

    /// <summary>Which calls are counted, by port and name; all, unless it is set.</summary>
    public Func<string, string, bool> Counts { get; set; } = static (_, _) => true;

    /// <summary>The call that breaks, from 1; 0 for none.</summary>
    public int BreaksAt { get; set; }

    public PortFault Fault { get; set; }

    public bool IsDead { get; private set; }

    public void Revive() => IsDead = false;

    /// <summary>From here on the calls of this asynchronous flow, and of what it starts, are written down by name.</summary>
    public static CallLog Follow() => log.Value = new CallLog();

    /// <summary>A call that cannot fail.</summary>
    public static void Note(string port, string name) => log.Value?.Add(port, name);

    /// <param name="effect">What the call does.</param>
    /// <param name="outage">What the port throws when it fails.</param>
    /// <param name="port">Which port it is a call of.</param>
    /// <param name="name">The method.</param>
    public T Make<T>(Func<T> effect, Func<Exception> outage, string port, string name)
    {
        if (IsDead) throw new ProcessDiedException();
        Note(port, name);
        var breaks = Counts(port, name) && ++Count == BreaksAt;
        if (breaks && Fault == PortFault.FailsBefore) throw outage();
        if (breaks && Fault == PortFault.DiesBefore) Die();
        var result = effect();
        if (breaks && Fault == PortFault.FailsAfter) throw outage();
        if (breaks && Fault == PortFault.DiesAfter) Die();
        return result;
    }

    private void Die()
    {
        IsDead = true;
        throw new ProcessDiedException();
    }
}
