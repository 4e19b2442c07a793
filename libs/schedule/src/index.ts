export { describeCron } from './cron.ts';
export { nextFullHour, nextLocalTime } from './local-time.ts';
export { dueCheck, nextCheck, type CheckSchedule, type NextCheck } from './next-check.ts';
export { readSchedule } from './read-schedule.ts';
export { windowAround, type TimeWindow } from './windows.ts';
export { scheduleOf, type StoredSchedule } from './stored-schedule.ts';
