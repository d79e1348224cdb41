# Ruby: ActiveRecord. client_ref is the key, unique over all matches (a UUID).
require 'logger'
require 'active_record'

MATCH = ENV.fetch('MATCH').to_i
GOAL = "m#{MATCH}-1" # unique over all matches; a UUID does as well
OOPS = "m#{MATCH}-2"
ActiveRecord::Base.establish_connection(adapter: 'postgresql', host: ENV['PGHOST'], port: ENV['PGPORT'],
                                        username: ENV['PGUSER'], database: ENV['PGDATABASE'])

class Line < ActiveRecord::Base
  self.table_name = 'commentary.feed'
  self.primary_key = 'client_ref'
end

goal = nil
Line.transaction do
  goal = Line.create!(client_ref: GOAL, match_id: MATCH, minute: 12, actor: 'A. Striker', message: 'Goal!')
  goal.update!(minute: 13)
end
Line.create!(client_ref: OOPS, match_id: MATCH, message: 'Oops')
goal.update!(actor: nil, message: 'Goal! A header.')
raise 'not counted' unless Line.where(match_id: MATCH, client_ref: GOAL).update_all(minute: 13) == 1
Line.find_by!(match_id: MATCH, client_ref: OOPS).destroy!
raise 'another line' unless Line.where(match_id: MATCH).pluck(:minute, :actor, :message) == [[13, nil, 'Goal! A header.']]
