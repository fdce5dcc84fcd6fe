namespace TrafficCtl.Daemon.Limits;

/// <summary>Places that are always to be had: where none is free, the one that is held longest and may be taken away is.</summary>
/// <remarks>Who does what the place is for is done within milliseconds, so that those who only hold it are the oldest.</remarks>
internal sealed class Turnover(int most)
{
    private readonly Lock gate = new();
    private readonly LinkedList<Place> held = new();

    /// <summary>Null when all are taken by those that cannot be taken away.</summary>
    /// <param name="evict">Ends what holds the place; called at most once.</param>
    public Place? Enter(Action evict)
    {
        Place? oldest = null;
        Place place;
        lock (gate)
        {
            if (held.Count >= most)
            {
                oldest = held.FirstOrDefault(static p => p.MayGo);
                if (oldest is null) return null;
                held.Remove(oldest);
            }

            place = new Place(this, evict);
            held.AddLast(place);
        }

        oldest?.Evict();
        return place;
    }

    internal sealed class Place(Turnover owner, Action evict) : IDisposable
    {
        private readonly Lock ending = new();
        private int busy;
        private bool isOver;

        /// <summary>It is not being used for what it is there for.</summary>
        public bool MayGo => Volatile.Read(ref busy) == 0;

        public void Begin() => Interlocked.Increment(ref busy);

        public void End() => Interlocked.Decrement(ref busy);

        /// <summary>What held the place and is over already is left alone: its connection may serve another one by now.</summary>
        public void Evict()
        {
            lock (ending)
            {
                if (isOver) return;
                isOver = true;
                evict();
            }
        }

        public void Dispose()
        {
            lock (ending) isOver = true;
            lock (owner.gate) owner.held.Remove(this);
        }
    }
}
